#!/bin/sh
# How large is the joint peak of six utilities, and how much less than the sum of their own? And when do whose customers
# use energy? Run: examples/energy/study.sh [FOLDER FOR ANSWERS AND PLOTS]; TACIT names the program.
here=$(cd "$(dirname "$0")" && pwd)
name=energy
. "$here/../study.sh"

ask 1-joint-peak peak_load load mw ts --readings 2
ask 2-coincidence peak_load load mw ts --by region --readings 2
ask 3-peaks-by-class peak_load reading kwh ts --by class
ask 4-duration duration_curve load mw ts --readings 2 --plot "$out/duration.svg"
ask 5-profile load_profile reading kwh ts --by class --plot "$out/profile.svg"
ask 6-bands percentile_bands reading kwh hour --where "class = 'H0'" --plot "$out/bands.svg"
echo "Answers and plots are in $out."

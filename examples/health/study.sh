#!/bin/sh
# How long do patients with advanced lung cancer live, and what makes a difference? Over 19 institutions none of which shows
# its patients. Run: examples/health/study.sh [FOLDER FOR ANSWERS AND PLOTS]; TACIT names the program.
here=$(cd "$(dirname "$0")" && pwd)
name=health
. "$here/../study.sh"

ask 1-patients table1 lung age,wt_loss,ph_karno,ph_ecog --by sex
ask 2-survival-by-sex km lung "Surv(time, status == 2) ~ sex" --plot "$out/survival-by-sex.svg"
ask 3-difference-by-sex logrank lung "Surv(time, status == 2) ~ sex"
ask 4-survival-by-performance km lung "Surv(time, status == 2) ~ ph_ecog" --where "ph_ecog IN (0, 1, 2)" --step 7 --plot "$out/survival-by-performance.svg"
ask 5-survival-by-institution km lung "Surv(time, status == 2) ~ inst" --step 30 --plot "$out/survival-by-institution.svg"
ask 6-hazards cox lung "Surv(time, status == 2) ~ age + sex + ph_ecog" --where "ph_ecog IN (0, 1, 2)" --step 7 --plot "$out/hazards.svg"
echo "Answers and plots are in $out."

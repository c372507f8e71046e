// Package chart draws the figures of statistics as SVG or PNG: survival curves with
// intervals and numbers at risk, forest plots, profiles with bands, histograms.
//
// A figure holds numbers that were released to the analyst and nothing else. The same figure is the same
// file, byte by byte, on every machine: fonts are built in.
//
// Colours are those of Okabe and Ito, which colour-blind people tell apart (Color Universal Design, 2008).
//
// Start at [Write].
package chart

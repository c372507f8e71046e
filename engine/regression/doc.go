// Package regression fits linear and generalised linear models from sums of products over all owners.
//
// A linear model needs X'X, X'y and y'y once; they are exact, and so is the solution up to one rounding. A model
// that is fitted by rounds ([Newton]) gets in each round the log-likelihood, the score and the
// information at the coefficients of the round, and says with which coefficients to go on. [GLM] makes
// them of weighted sums; for a Cox model package survival does.
//
// Conventions are R's: lm and glm.
//
// Start at [Linear] and [Newton].
package regression

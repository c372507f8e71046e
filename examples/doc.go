// Package examples holds two spaces with data, questions and expected answers,
// built into the binary for the demo.
//
// health is real study data split over hospitals; energy is synthetic, made from
// real curves. SOURCE.md in each folder says where the data is from.
//
// Start at [All].
package examples

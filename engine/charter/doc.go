// Package charter holds the rules of a space as its members signed them.
package charter

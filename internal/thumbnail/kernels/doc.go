// Package kernels holds the generators of the vector kernels for amd64, one program for each package
// that has some; go generate in that package runs it. It is a module of its own, so that the generator's
// dependencies are not the project's. The kernels for arm64 are written by hand beside the generated
// ones.
package kernels

// Correctly rounded values of the functions of functions.def, computed in quadruple precision
// (libquadmath), which CUDA code cannot name: hence a plain C interface.
#pragma once

// want[i] = name(x[i], y[i], z[i], w[i]) rounded to double, or to float and widened. Functions of
// fewer arguments ignore the others. `name` is a row's name; false: unknown.
extern "C" bool referenceValues(const char *name, bool isFloat, int count, const double *x,
                                const double *y, const double *z, const double *w, double *want);
// As above for floats and functions of one argument, by way of double: fast, and wrong by one unit
// in rare ties. False: there is no such function.
extern "C" bool quickReferenceValues(const char *name, int count, const float *x, float *want);

// a + b, a - b, a * b, a / b, sqrt(a), 1 / a and a * b + c; mode: 0 nearest, 1 to zero, 2 up, 3
// down.
extern "C" void roundedFloats(int mode, float a, float b, float c, float *out);
extern "C" void roundedDoubles(int mode, double a, double b, double c, double *out);

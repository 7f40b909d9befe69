// RUN: rm -rf %t && npucc -c --dump-passes=%t %s -o %t.o
// RUN: cat %t/*.inline-calls.ll | FileCheck %s
// A function that is large and called in many places stays a function, of numbers alone; small ones,
// ones that write memory, and ones that a kernel calls once or with constants are inlined.
#include <cstdio>
struct Point {
  double x, y, z;
};
#define STEP p.x = p.y * by + p.z, p.y = p.x / (p.y * p.y + by), p.z = p.z * p.x - (by += p.y);
#define STEPS STEP STEP STEP STEP STEP
#define MANY STEPS STEPS STEPS STEPS STEPS STEPS STEPS
__device__ Point turned(Point p, double by) {
  MANY;
  return p;
}
__device__ double small(double x) { return x * x + 1; }
__device__ double written;
__device__ double writes(double by) {
  Point p = {by, by * 2, by - 1};
  MANY;
  return written = p.x;
}

// What it calls does more than compute.
__device__ double prints(double by) {
  Point p = {by, by * 2, by - 1};
  MANY;
  printf("%g\n", p.x);
  return p.x;
}

// CHECK-LABEL: define {{.*}}void @_Z4manyP5Pointd(
// CHECK-COUNT-5: call {{.*}}{ double, double, double } @_Z6turned5Pointd(double
// CHECK-NOT: @_Z6turned5Pointd
// CHECK-NOT: @_Z5smalld
// CHECK-NOT: @_Z6writesd
// CHECK-NOT: @_Z6printsd
// CHECK: ret void
__global__ void many(Point *p, double x) {
  Point a = turned(p[0], x), b = turned(a, p[1].x), c = turned(b, a.y), d = turned(c, b.z);
  p[0] = turned(d, small(d.x));
  p[1] = turned(a, 2.0);
  p[2].x = writes(x) + writes(d.y) + writes(d.z) + writes(c.y) + small(x);
  p[2].y = prints(x) + prints(d.y) + prints(d.z) + prints(c.y);
}

// CHECK-LABEL: define {{.*}}void @_Z4onceP5Pointd(
// CHECK-NOT: @_Z6turned5Pointd
// CHECK: ret void
__global__ void once(Point *p, double x) { p[0] = turned(p[1], x); }

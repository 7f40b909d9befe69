// Solutions of op(A) x = b for a triangle that a sparse matrix stores. Elements of the other
// triangle are not read.
#pragma once

#include "lines.h"

namespace npu::sparse {

struct Triangle {
  bool lower, unit; // of the lines as stored
};

// Solves in place: x holds b at first. `step`: distance of x's elements.
template <class L, class T>
void solveTriangle(const L &lines, Access access, Triangle triangle, T *x, int64_t step) {
  const bool forward = triangle.lower == access.gathers;
  for (int64_t count = 0; count < lines.count; ++count) {
    const int64_t line = forward ? count : lines.count - 1 - count;
    T diagonal = triangle.unit ? T(1) : T(0);
    T value = x[line * step];
    // The diagonal may stand anywhere in its line.
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i) {
      const int64_t other = lines.index(i);
      const T element = conjugatedIf(access.conjugates, lines.values[i]);
      if (other == line && !triangle.unit)
        diagonal = element;
      else if (access.gathers && other != line && (other < line) == triangle.lower)
        value -= element * x[other * step];
    }
    x[line * step] = value = value / diagonal;
    if (access.gathers)
      continue;
    for (int64_t i = lines.begin(line); i < lines.end(line); ++i) {
      const int64_t other = lines.index(i);
      if (other != line && (other < line) == triangle.lower)
        x[other * step] -= conjugatedIf(access.conjugates, lines.values[i]) * value;
    }
  }
}

} // namespace npu::sparse

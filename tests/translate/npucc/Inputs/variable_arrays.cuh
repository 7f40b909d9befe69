#pragma once

template <class T> T sum(int n) {
  T a[n] = {1, 2,
            3},
    b[2][n] = {{4}, {5, 6}};
  T whole = 0;
  for (int i = 0; i < n; ++i)
    whole += a[i] + b[0][i] + b[1][i];
  return whole;
}

// Orders of rows and columns that keep factors sparse, of the pattern of A + A': p[i] is the row
// that comes to place i.
#pragma once

#include "sparse_rows.h"

namespace npu::solver {

// The neighbours of each row, without itself.
using Graph = std::vector<std::vector<int>>;
Graph graphOf(int n, const std::vector<int> &offsets, const std::vector<int> &indices);

// Cuthill and McKee 1969, reversed (George 1971).
Permutation reverseCuthillMcKee(const Graph &graph);
// By a quotient graph with approximate degrees (Amestoy, Davis, Duff 1996), without supervariables.
Permutation minimumDegree(const Graph &graph);
// Nested dissection (George 1973) by the middle level of a search from the rim.
Permutation nestedDissection(const Graph &graph);
// Rows to columns so that the diagonal has no zeros, as far as that can be: row p[i] comes to place
// i. `matched` is the number of such rows.
Permutation zeroFreeDiagonal(int n, const std::vector<int> &offsets,
                             const std::vector<int> &indices, int &matched);

} // namespace npu::solver

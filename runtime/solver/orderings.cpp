#include "orderings.h"

#include <deque>
#include <set>

namespace npu::solver {
namespace {

// The rows of `start`'s component among those whose mark is `mark`, by levels.
std::vector<std::vector<int>> levelsFrom(const Graph &graph, int start, std::vector<int> &marks,
                                         int mark) {
  std::vector<std::vector<int>> levels{{start}};
  marks[size_t(start)] = -1;
  while (true) {
    std::vector<int> next;
    for (int row : levels.back())
      for (int other : graph[size_t(row)])
        if (marks[size_t(other)] == mark) {
          marks[size_t(other)] = -1;
          next.push_back(other);
        }
    if (next.empty())
      break;
    levels.push_back(std::move(next));
  }
  for (const auto &level : levels)
    for (int row : level)
      marks[size_t(row)] = mark;
  return levels;
}

// A row at the rim of its component: the last level's of least degree, until levels stop growing.
int rimOf(const Graph &graph, int start, std::vector<int> &marks, int mark) {
  size_t depth = 0;
  while (true) {
    const auto levels = levelsFrom(graph, start, marks, mark);
    if (levels.size() <= depth)
      return start;
    depth = levels.size();
    start = *std::min_element(levels.back().begin(), levels.back().end(), [&](int a, int b) {
      return graph[size_t(a)].size() < graph[size_t(b)].size();
    });
  }
}

// Orders `rows`, all marked `mark`, behind what `order` holds.
void dissect(const Graph &graph, std::vector<int> rows, std::vector<int> &marks, int &lastMark,
             Permutation &order) {
  constexpr size_t kLeaf = 64;
  while (!rows.empty()) {
    const int mark = ++lastMark;
    for (int row : rows)
      marks[size_t(row)] = mark;
    const auto levels = levelsFrom(graph, rimOf(graph, rows[0], marks, mark), marks, mark);
    size_t size = 0;
    for (const auto &level : levels)
      size += level.size();
    if (size <= kLeaf || levels.size() < 3) {
      for (const auto &level : levels)
        for (int row : level) {
          order.push_back(row);
          marks[size_t(row)] = -2;
        }
    } else {
      size_t middle = 0, before = 0;
      while (before + levels[middle].size() < size / 2)
        before += levels[middle++].size();
      middle = std::min(std::max<size_t>(middle, 1), levels.size() - 2);
      std::vector<int> halves[2];
      for (size_t i = 0; i < levels.size(); ++i)
        if (i != middle)
          halves[i > middle].insert(halves[i > middle].end(), levels[i].begin(), levels[i].end());
      for (int row : levels[middle])
        marks[size_t(row)] = -2;
      for (std::vector<int> &half : halves)
        dissect(graph, std::move(half), marks, lastMark, order);
      order.insert(order.end(), levels[middle].begin(), levels[middle].end());
    }
    // Other components.
    std::vector<int> rest;
    for (int row : rows)
      if (marks[size_t(row)] == mark)
        rest.push_back(row);
    rows = std::move(rest);
  }
}

} // namespace

Graph graphOf(int n, const std::vector<int> &offsets, const std::vector<int> &indices) {
  Graph graph(static_cast<size_t>(n));
  for (int row = 0; row < n; ++row)
    for (int i = offsets[size_t(row)]; i < offsets[size_t(row) + 1]; ++i)
      if (const int column = indices[size_t(i)]; column != row) {
        graph[size_t(row)].push_back(column);
        graph[size_t(column)].push_back(row);
      }
  for (auto &neighbours : graph) {
    std::sort(neighbours.begin(), neighbours.end());
    neighbours.erase(std::unique(neighbours.begin(), neighbours.end()), neighbours.end());
  }
  return graph;
}

Permutation reverseCuthillMcKee(const Graph &graph) {
  const auto degree = [&](int row) { return graph[size_t(row)].size(); };
  std::vector<int> marks(graph.size(), 0);
  Permutation order;
  for (size_t first = 0; first < graph.size(); ++first) {
    if (marks[first] != 0)
      continue;
    std::deque<int> queue{rimOf(graph, int(first), marks, 0)};
    marks[size_t(queue.front())] = 1;
    while (!queue.empty()) {
      const int row = queue.front();
      queue.pop_front();
      order.push_back(row);
      std::vector<int> next;
      for (int other : graph[size_t(row)])
        if (marks[size_t(other)] == 0) {
          marks[size_t(other)] = 1;
          next.push_back(other);
        }
      std::stable_sort(next.begin(), next.end(),
                       [&](int a, int b) { return degree(a) < degree(b); });
      queue.insert(queue.end(), next.begin(), next.end());
    }
  }
  std::reverse(order.begin(), order.end());
  return order;
}

Permutation minimumDegree(const Graph &graph) {
  const int n = int(graph.size());
  Graph variables = graph;
  Graph elements(graph.size()), members(graph.size());
  std::vector<int> degrees(static_cast<size_t>(n)), outside(size_t(n), -1), stamp(size_t(n), -1);
  std::vector<char> absorbed(size_t(n), 0), done(size_t(n), 0);
  std::set<std::pair<int, int>> queue;
  for (int row = 0; row < n; ++row)
    queue.emplace(degrees[size_t(row)] = int(graph[size_t(row)].size()), row);
  Permutation order;
  while (!queue.empty()) {
    const int pivot = queue.begin()->second;
    queue.erase(queue.begin());
    order.push_back(pivot);
    done[size_t(pivot)] = 1;
    // The new element: all that the pivot and its elements touch.
    std::vector<int> &touched = members[size_t(pivot)];
    const auto add = [&](int row) {
      if (!done[size_t(row)] && stamp[size_t(row)] != pivot) {
        stamp[size_t(row)] = pivot;
        touched.push_back(row);
      }
    };
    for (int row : variables[size_t(pivot)])
      add(row);
    for (int element : elements[size_t(pivot)]) {
      for (int row : members[size_t(element)])
        add(row);
      absorbed[size_t(element)] = 1;
      std::vector<int>().swap(members[size_t(element)]);
    }
    // What of the other elements lies outside the new one.
    std::vector<int> seen;
    for (int row : touched)
      for (int element : elements[size_t(row)])
        if (!absorbed[size_t(element)]) {
          int &rest = outside[size_t(element)];
          if (rest < 0) {
            rest = int(members[size_t(element)].size());
            seen.push_back(element);
          }
          --rest;
        }
    for (int row : touched) {
      auto &own = variables[size_t(row)];
      own.erase(std::remove_if(own.begin(), own.end(),
                               [&](int other) {
                                 return done[size_t(other)] || stamp[size_t(other)] == pivot;
                               }),
                own.end());
      auto &parts = elements[size_t(row)];
      int degree = int(own.size() + touched.size()) - 1;
      parts.erase(std::remove_if(parts.begin(), parts.end(),
                                 [&](int element) {
                                   return absorbed[size_t(element)] ||
                                          outside[size_t(element)] == 0;
                                 }),
                  parts.end());
      for (int element : parts)
        degree += outside[size_t(element)];
      parts.push_back(pivot);
      degree = std::min(degree, n - int(order.size()) - 1);
      if (degree != degrees[size_t(row)]) {
        queue.erase({degrees[size_t(row)], row});
        queue.emplace(degrees[size_t(row)] = degree, row);
      }
    }
    for (int element : seen) {
      absorbed[size_t(element)] |= outside[size_t(element)] == 0;
      outside[size_t(element)] = -1;
    }
    std::vector<int>().swap(variables[size_t(pivot)]);
    std::vector<int>().swap(elements[size_t(pivot)]);
  }
  return order;
}

Permutation nestedDissection(const Graph &graph) {
  std::vector<int> marks(graph.size(), 0);
  int lastMark = 0;
  Permutation order;
  dissect(graph, identity(int(graph.size())), marks, lastMark, order);
  return order;
}

Permutation zeroFreeDiagonal(int n, const std::vector<int> &offsets,
                             const std::vector<int> &indices, int &matched) {
  // Augmenting paths from each row, depth first without recursion.
  std::vector<int> rowOf(size_t(n), -1), visited(size_t(n), -1), next(static_cast<size_t>(n));
  matched = 0;
  for (int start = 0; start < n; ++start) {
    std::vector<std::pair<int, int>> path{{start, -1}}; // rows, and the column that led to each
    next[size_t(start)] = offsets[size_t(start)];
    bool found = false;
    while (!path.empty() && !found) {
      const int row = path.back().first;
      int &place = next[size_t(row)];
      if (place == offsets[size_t(row) + 1]) {
        path.pop_back();
        continue;
      }
      const int column = indices[size_t(place++)];
      if (visited[size_t(column)] == start)
        continue;
      visited[size_t(column)] = start;
      const int owner = rowOf[size_t(column)];
      path.emplace_back(owner, column);
      if (owner < 0)
        found = true;
      else
        next[size_t(owner)] = offsets[size_t(owner)];
    }
    for (size_t i = 1; found && i < path.size(); ++i)
      rowOf[size_t(path[i].second)] = path[i - 1].first;
    matched += found;
  }
  std::vector<char> used(size_t(n), 0);
  for (int row : rowOf)
    if (row >= 0)
      used[size_t(row)] = 1;
  int spare = 0;
  for (int &row : rowOf)
    if (row < 0) {
      while (used[size_t(spare)])
        ++spare;
      row = spare++;
    }
  return rowOf;
}

} // namespace npu::solver

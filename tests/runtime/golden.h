// The files of tests/golden: cases of named arrays that another framework computed.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace npu {

struct GoldenArray {
  std::vector<int> dims;
  std::vector<double> values;
};
struct GoldenCase {
  std::string name;
  std::map<std::string, GoldenArray> arrays;

  bool has(const std::string &array) const { return arrays.count(array) != 0; }
  const std::vector<int> &dims(const std::string &array) const { return arrays.at(array).dims; }
  const std::vector<double> &operator[](const std::string &array) const {
    return arrays.at(array).values;
  }
  std::vector<int> integers(const std::string &array) const {
    const auto &values = arrays.at(array).values;
    return {values.begin(), values.end()};
  }
};

inline std::vector<GoldenCase> goldenCases(const std::string &file) {
  std::ifstream in(std::string(GOLDEN_DATA) + "/" + file + ".txt");
  EXPECT_TRUE(in) << file;
  std::vector<GoldenCase> cases;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string name, sizes;
    if (!(words >> name >> sizes) || name[0] == '#')
      continue;
    if (name == "case") {
      cases.push_back({sizes, {}});
      continue;
    }
    GoldenArray array;
    std::istringstream dims(sizes);
    for (std::string size; std::getline(dims, size, 'x');)
      array.dims.push_back(std::stoi(size));
    for (double value; words >> value;)
      array.values.push_back(value);
    cases.back().arrays[name] = std::move(array);
  }
  EXPECT_FALSE(cases.empty()) << file;
  return cases;
}

} // namespace npu

// npu-explain: why the NPU cuts an operation as it does, where its cycles go, and what a better
// shape would gain. Takes problems as text, or a report of NPU_REPORT.
#include "explain.h"
#include "problem.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <fstream>
#include <iostream>

using namespace npu;
using namespace npu::explain;

namespace {

int fail(const std::string &what) {
  std::cerr << "npu-explain: error: " << what << "\n";
  return 1;
}

// The different problems of a report, those that took most cycles first; the others are left out.
Status problemsOf(const std::string &path, size_t most, std::vector<std::string> &problems) {
  std::ifstream file(path);
  if (!file)
    return {npuErrorFileNotFound, "cannot read " + path};
  std::map<std::string, uint64_t> cycles;
  try {
    const auto report = nlohmann::json::parse(file);
    for (const auto &op : report.at("ops"))
      if (op.at("device") == "npu" && op.at("macs").get<uint64_t>() > 0)
        cycles[op.at("problem")] += op.at("cycles").get<uint64_t>();
  } catch (const nlohmann::json::exception &error) {
    return {npuErrorInvalidValue, path + " is not a report of NPU_REPORT: " + error.what()};
  }
  std::vector<std::pair<uint64_t, std::string>> order;
  for (const auto &[problem, count] : cycles)
    order.push_back({count, problem});
  std::stable_sort(order.begin(), order.end(),
                   [](const auto &a, const auto &b) { return a.first > b.first; });
  for (size_t i = 0; i < std::min(most, order.size()); ++i)
    problems.push_back(order[i].second);
  if (problems.empty())
    return {npuErrorInvalidValue, path + " has no product that ran on the NPU"};
  return {};
}

Status explainOne(const std::string &problem, const NpuConfig &config,
                  const PrecisionPolicy &policy) {
  TensorOp op;
  if (Status status = backend::parseProblem(problem, op); !status)
    return status;
  Explanation explanation;
  if (Status status = explain::explain(op, config, policy, explanation); !status)
    return status;
  std::cout << explanationText(explanation, config);
  return {};
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Why the NPU cuts an operation as it does, and what a better shape would gain.\n"
               "npu-explain m=256 n=64 k=100 f=bf16        a matrix product (docs/profiling.md)\n"
               "npu-explain --report report.json           what took most of a program's cycles");
  std::vector<std::string> words;
  std::string report, name;
  size_t most = 5;
  app.add_option("problem", words, "key=value words");
  app.add_option("--report", report, "a file that NPU_REPORT wrote");
  app.add_option("--most", most, "how many of the report's problems; default 5");
  app.add_option("--config", name, "the NPU: a preset or a file (NPU_CONFIG)");
  CLI11_PARSE(app, argc, argv);
  const char *asked = std::getenv("NPU_CONFIG");
  if (name.empty())
    name = asked && *asked ? asked : "server";
  NpuConfig config;
  if (Status status = backend::loadConfig(name, config); !status)
    return fail(status.message());
  PrecisionPolicy policy;
  if (Status status = PrecisionPolicy::fromEnvironment(policy); !status)
    return fail(status.message());
  std::vector<std::string> problems;
  if (!report.empty()) {
    if (Status status = problemsOf(report, most, problems); !status)
      return fail(status.message());
  } else if (words.empty()) {
    return fail("no problem given; see --help");
  } else {
    std::string line;
    for (const std::string &word : words)
      line += (line.empty() ? "" : " ") + word;
    problems.push_back(line);
  }
  for (size_t i = 0; i < problems.size(); ++i) {
    std::cout << (i ? "\n" : "");
    if (Status status = explainOne(problems[i], config, policy); !status)
      return fail(status.message());
  }
  return 0;
}

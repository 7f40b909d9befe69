// npu-info: what there is to run on. Prints the devices, the presets and the configuration that
// NPU_CONFIG (or --config) resolves to, as text or as JSON; or the JSON schema of configurations.
#include "npu_config.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <cstdlib>
#include <iostream>
#include <sstream>

using namespace npu;
using namespace npu::backend;
using Json = nlohmann::ordered_json;

namespace {

// What a program's device 0 is made of; NPU_LOG=debug tells of a run which of them took what.
Json devicesJson() {
  return {{{"name", "npu"}, {"runs", "tensor operations (emulated)"}},
          {{"name", "opencl"}, {"runs", "kernels"}},
          {{"name", "host"}, {"runs", "copies, and tensor operations that no other takes"}}};
}

// Every row of npu_config.def, in its place.
Json schemaJson() {
  Json root = {{"$schema", "https://json-schema.org/draft/2020-12/schema"},
               {"title", "Configuration of the emulated NPU (NPU_CONFIG)"},
               {"type", "object"},
               {"additionalProperties", false}};
  auto place = [&](const std::string &path) -> Json & {
    Json *node = &root;
    std::istringstream parts(path);
    for (std::string part; std::getline(parts, part, '/');) {
      (*node)["type"] = "object";
      (*node)["additionalProperties"] = false;
      node = &(*node)["properties"][part];
    }
    return *node;
  };
  place("name") = {{"type", "string"}};
  place("preset") = {{"enum", presetNames()}};
#define CHOICE(path, type, member, summary, ...)                                                   \
  place(path) = {{"enum", choiceNames(path)}, {"description", summary}};
#include "npu_config.def"
#define NUMBER(path, member, lowest, highest, whole, summary)                                      \
  place(path) = {{"type", whole ? "integer" : "number"},                                           \
                 {"minimum", lowest},                                                              \
                 {"maximum", highest},                                                             \
                 {"description", summary}};
#include "npu_config.def"
  return root;
}

void print(const Json &info) {
  std::cout << "devices, in the order in which they are asked (what is there, a run tells: "
               "NPU_LOG=debug)\n";
  for (const Json &device : info["devices"])
    std::cout << "  " << device["name"].get<std::string>() << ": "
              << device["runs"].get<std::string>() << "\n";
  std::cout << "presets of the NPU\n ";
  for (const Json &name : info["presets"])
    std::cout << " " << name.get<std::string>();
  std::cout << "\nconfiguration of the NPU (a model, not a product)\n"
            << info["configuration"].dump(2) << "\n";
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Lists devices, NPU presets and the resolved NPU configuration.");
  bool asJson = false, schema = false;
  std::string name;
  app.add_flag("--json", asJson, "print JSON");
  app.add_flag("--schema", schema, "print the JSON schema of configuration files and stop");
  app.add_option("--config", name, "a preset or a file, instead of NPU_CONFIG");
  CLI11_PARSE(app, argc, argv);
  if (schema) {
    std::cout << schemaJson().dump(2) << "\n";
    return 0;
  }
  if (!name.empty())
    setenv("NPU_CONFIG", name.c_str(), 1);
  const char *asked = std::getenv("NPU_CONFIG");
  NpuConfig config;
  if (Status status = loadConfig(asked && *asked ? asked : "server", config); !status) {
    std::cerr << "npu-info: error: " << status.message() << "\n";
    return 1;
  }
  Json info = {{"devices", devicesJson()},
               {"presets", presetNames()},
               {"configuration", Json::parse(configJson(config))}};
  if (asJson)
    std::cout << info.dump(2) << "\n";
  else
    print(info);
  return 0;
}

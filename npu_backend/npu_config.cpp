// Reads, validates and prints the NPU's configuration. See npu_config.h.
#include "npu_config.h"

#include <cerrno>
#include <cmath>
#include <cstring>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

namespace npu::backend {

// Made at build time from presets/*.json.
struct Preset {
  const char *name;
  const char *json;
};
extern const Preset kPresets[];
extern const unsigned kPresetCount;

namespace {

using Json = nlohmann::ordered_json;

Status refuse(const std::string &origin, const std::string &what) {
  return {npuErrorInvalidValue, "NPU configuration " + origin + ": " + what};
}

std::string printed(double value) {
  std::ostringstream text;
  text.precision(12);
  text << value;
  return text.str();
}

// The value at a path like "array/rows", or nullptr.
const Json *find(const Json &root, const std::string &path) {
  const Json *node = &root;
  std::istringstream parts(path);
  for (std::string part; std::getline(parts, part, '/');) {
    if (!node->is_object() || !node->contains(part))
      return nullptr;
    node = &(*node)[part];
  }
  return node;
}

Status readNumber(const Json &root, const std::string &origin, const char *path, double lowest,
                  double highest, bool whole, double &member) {
  const Json *node = find(root, path);
  if (!node)
    return {};
  std::string range = std::string(whole ? "a whole number" : "a number") + " from " +
                      printed(lowest) + " to " + printed(highest);
  if (!node->is_number())
    return refuse(origin, std::string(path) + " must be " + range + ", not " + node->dump());
  double value = node->get<double>();
  if (!(value >= lowest && value <= highest) || (whole && value != std::floor(value)))
    return refuse(origin, std::string(path) + " must be " + range + ", not " + node->dump());
  member = value;
  return {};
}

// Every path of the schema and every group on the way to one.
struct Schema {
  std::set<std::string> fields{"name", "preset"};
  std::set<std::string> groups;
  Schema() {
#define CHOICE(path, type, member, summary, ...) add(path);
#include "npu_config.def"
#define NUMBER(path, member, lowest, highest, whole, summary) add(path);
#include "npu_config.def"
  }
  void add(const std::string &path) {
    fields.insert(path);
    for (size_t slash = path.find('/'); slash != std::string::npos;
         slash = path.find('/', slash + 1))
      groups.insert(path.substr(0, slash));
  }
};

Status checkKeys(const Json &node, const std::string &origin, const std::string &prefix) {
  static const Schema schema;
  for (const auto &[key, value] : node.items()) {
    std::string path = prefix + key;
    if (schema.groups.count(path)) {
      if (!value.is_object())
        return refuse(origin, path + " must be an object, not " + value.dump());
      if (Status status = checkKeys(value, origin, path + "/"); !status)
        return status;
    } else if (!schema.fields.count(path)) {
      return refuse(origin, "unknown field " + path + " (docs/npu-spec.md lists the fields)");
    }
  }
  return {};
}

Status readText(const Json &root, const std::string &origin, const char *path, std::string &text) {
  const Json *node = find(root, path);
  if (!node)
    return {};
  if (!node->is_string())
    return refuse(origin, std::string(path) + " must be text, not " + node->dump());
  text = node->get<std::string>();
  return {};
}

const Preset *findPreset(const std::string &name) {
  for (unsigned i = 0; i < kPresetCount; ++i)
    if (name == kPresets[i].name)
      return &kPresets[i];
  return nullptr;
}

std::string presetList() {
  std::string list;
  for (const std::string &name : presetNames())
    list += (list.empty() ? "" : ", ") + name;
  return list;
}

template <class Choice>
Status readChoice(const Json &root, const std::string &origin, const char *path, Choice &member) {
  const std::vector<std::string> &names = choiceNames(path);
  std::string text = names[size_t(member)], list;
  if (Status status = readText(root, origin, path, text); !status)
    return status;
  for (size_t i = 0; i < names.size(); ++i) {
    if (text == names[i]) {
      member = Choice(i);
      return {};
    }
    list += (i ? ", \"" : "\"") + names[i] + "\"";
  }
  return refuse(origin, std::string(path) + " must be one of " + list + ", not \"" + text + "\"");
}

// Fields that `root` leaves out keep the value that `config` already has.
Status readFields(const Json &root, const std::string &origin, NpuConfig &config) {
  if (Status status = readText(root, origin, "name", config.name); !status)
    return status;
#define CHOICE(path, type, member, summary, ...)                                                   \
  if (Status status = readChoice(root, origin, path, config.member); !status)                      \
    return status;
#include "npu_config.def"
#define NUMBER(path, member, lowest, highest, whole, summary)                                      \
  if (Status status = readNumber(root, origin, path, lowest, highest, whole, config.member);       \
      !status)                                                                                     \
    return status;
#include "npu_config.def"
  if (config.rateBf16 == 0 && config.rateFp16 == 0 && config.rateTf32 == 0 && config.rateFp8 == 0 &&
      config.rateInt8 == 0 && config.rateInt4 == 0 && config.rateMxFp8 == 0 &&
      config.rateMxFp6 == 0 && config.rateMxFp4 == 0)
    return refuse(origin, "multiply_rate must be above 0 for at least one format");
  return {};
}

} // namespace

const std::vector<std::string> &choiceNames(const std::string &path) {
  static const std::map<std::string, std::vector<std::string>> names = {
#define CHOICE(path, type, member, summary, ...) {path, {__VA_ARGS__}},
#include "npu_config.def"
  };
  return names.at(path);
}

std::vector<std::string> presetNames() {
  std::vector<std::string> names;
  for (unsigned i = 0; i < kPresetCount; ++i)
    names.push_back(kPresets[i].name);
  return names;
}

Status parseConfig(const std::string &text, const std::string &origin, NpuConfig &config) {
  Json root;
  try {
    root = Json::parse(text);
  } catch (const Json::exception &error) {
    return refuse(origin, std::string("not valid JSON: ") + error.what());
  }
  if (!root.is_object())
    return refuse(origin, "must be a JSON object");
  if (Status status = checkKeys(root, origin, ""); !status)
    return status;
  std::string base = "server";
  if (Status status = readText(root, origin, "preset", base); !status)
    return status;
  const Preset *preset = findPreset(base);
  if (!preset)
    return refuse(origin, "preset must be one of " + presetList() + ", not \"" + base + "\"");
  NpuConfig result;
  if (Status status =
          readFields(Json::parse(preset->json), std::string("preset ") + preset->name, result);
      !status)
    return status;
  if (!root.contains("name"))
    result.name = origin;
  if (Status status = readFields(root, origin, result); !status)
    return status;
  config = result;
  return {};
}

Status loadConfig(const std::string &nameOrFile, NpuConfig &config) {
  if (const Preset *preset = findPreset(nameOrFile))
    return parseConfig(preset->json, nameOrFile, config);
  std::ifstream file(nameOrFile, std::ios::binary);
  std::ostringstream text;
  if (file)
    text << file.rdbuf();
  if (!file || text.fail())
    return refuse("\"" + nameOrFile + "\"",
                  "neither a preset (" + presetList() + ") nor a readable file: " +
                      (errno ? std::strerror(errno) : "empty or a directory"));
  return parseConfig(text.str(), nameOrFile, config);
}

std::string configJson(const NpuConfig &config) {
  Json root;
  root["name"] = config.name;
#define CHOICE(path, type, member, summary, ...)                                                   \
  root[Json::json_pointer("/" path)] = choiceNames(path)[size_t(config.member)];
#include "npu_config.def"
#define NUMBER(path, member, lowest, highest, whole, summary)                                      \
  if (whole)                                                                                       \
    root[Json::json_pointer("/" path)] = int64_t(config.member);                                   \
  else                                                                                             \
    root[Json::json_pointer("/" path)] = config.member;
#include "npu_config.def"
  return root.dump();
}

} // namespace npu::backend

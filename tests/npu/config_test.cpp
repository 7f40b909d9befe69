// Configuration: presets, files, and one clear line for each thing that can be wrong.
#include "npu_config.h"
#include "op_runner.h"

#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>

using namespace npu;
using namespace npu::backend;

namespace {

std::string messageOf(const std::string &json) {
  NpuConfig config;
  return parseConfig(json, "test.json", config).message();
}

TEST(Config, EveryPresetLoadsAndSurvivesItsOwnJson) {
  ASSERT_EQ(presetNames(),
            (std::vector<std::string>{"edge", "nvdla_like", "mobile", "server", "tpu_v1_like"}));
  const double rows[] = {16, 64, 32, 128, 256}, columns[] = {16, 32, 32, 128, 256};
  for (size_t i = 0; i < 5; ++i) {
    NpuConfig config, again;
    Status status = loadConfig(presetNames()[i], config);
    ASSERT_TRUE(status) << status.message();
    EXPECT_EQ(config.name, presetNames()[i]);
    EXPECT_EQ(config.rows, rows[i]);
    EXPECT_EQ(config.columns, columns[i]);
    ASSERT_TRUE(parseConfig(configJson(config), "again", again));
    EXPECT_EQ(configJson(config), configJson(again));
  }
}

TEST(Config, FileOverridesThePresetItNames) {
  NpuConfig config;
  ASSERT_TRUE(parseConfig(R"({"preset": "edge", "clock_mhz": 123.5, "array": {"rows": 4}})",
                          "mine.json", config));
  EXPECT_EQ(config.clockMhz, 123.5);
  EXPECT_EQ(config.rows, 4);
  EXPECT_EQ(config.columns, 16);
  EXPECT_EQ(config.dataflow, Dataflow::OutputStationary);
  EXPECT_EQ(config.name, "mine.json");
}

TEST(Config, BadValuesAreRefusedWithPathAndRange) {
  EXPECT_EQ(messageOf(R"({"array": {"rows": 0}})"),
            "NPU configuration test.json: array/rows must be a whole number from 1 to 1024, not 0");
  EXPECT_EQ(
      messageOf(R"({"clock_mhz": "fast"})"),
      "NPU configuration test.json: clock_mhz must be a number from 1 to 10000, not \"fast\"");
  EXPECT_NE(messageOf(R"({"array": {"rows": 2.5}})").find("array/rows must be a whole number"),
            std::string::npos);
  EXPECT_NE(messageOf(R"({"energy": {"add_pj": {"f32": -1}}})").find("energy/add_pj/f32"),
            std::string::npos);
  EXPECT_NE(messageOf(R"({"array": {"dataflow": "sideways"}})").find("weight_stationary"),
            std::string::npos);
  EXPECT_NE(messageOf(R"({"array": 5})").find("array must be an object"), std::string::npos);
  EXPECT_NE(messageOf(R"({"name": 5})").find("name must be text"), std::string::npos);
  EXPECT_NE(
      messageOf(R"({"preset": "huge"})").find("edge, nvdla_like, mobile, server, tpu_v1_like"),
      std::string::npos);
  EXPECT_NE(messageOf(R"({"multiply_rate": {"bf16":0,"fp16":0,"tf32":0,"fp8":0,"int8":0,
                      "int4":0,"mxfp8":0,"mxfp6":0,"mxfp4":0}})")
                .find("multiply_rate"),
            std::string::npos);
}

// Each number's lowest and highest values pass, and what lies beyond is refused by name.
TEST(Config, EveryNumberHasItsRange){
#define NUMBER(path, member, lowest, highest, whole, summary)                                      \
  {                                                                                                \
    nlohmann::json json;                                                                           \
    auto &field = json[nlohmann::json::json_pointer("/" path)];                                    \
    for (double value : {double(lowest), double(highest)}) {                                       \
      field = value;                                                                               \
      EXPECT_EQ(messageOf(json.dump()), "") << path;                                               \
    }                                                                                              \
    for (double value : {double(lowest) - 1, double(highest) + 1}) {                               \
      field = value;                                                                               \
      EXPECT_NE(messageOf(json.dump()).find(path " must be "), std::string::npos) << path;         \
    }                                                                                              \
  }
#include "npu_config.def"
}

TEST(Config, UnknownFieldsAndBrokenJsonAreRefused) {
  EXPECT_NE(messageOf(R"({"arrray": {}})").find("unknown field arrray"), std::string::npos);
  EXPECT_NE(messageOf(R"({"array": {"row": 1}})").find("unknown field array/row"),
            std::string::npos);
  EXPECT_NE(messageOf("{").find("not valid JSON"), std::string::npos);
  EXPECT_NE(messageOf("[]").find("must be a JSON object"), std::string::npos);
  EXPECT_NE(messageOf("").find("not valid JSON"), std::string::npos);
}

TEST(Config, UnreadableFilesAreRefusedInOneLine) {
  NpuConfig config;
  for (const char *path : {"/nonexistent/npu.json", "/tmp", ""}) {
    Status status = loadConfig(path, config);
    EXPECT_FALSE(status) << path;
    EXPECT_EQ(status.message().find('\n'), std::string::npos);
    EXPECT_NE(status.message().find("edge, nvdla_like, mobile, server, tpu_v1_like"),
              std::string::npos);
  }
}

TEST(Config, VariablesAreCheckedWhenTheDeviceIsMade) {
  const char *bad[][3] = {
      {"NPU_CONFIG", "colossal", "neither a preset"},
      {"NPU_FLOAT32_MATMUL_PRECISION", "low", "highest, high, medium"},
      {"NPU_MATMUL_FORMAT", "int5", "bf16, fp16, fp8_e4m3, fp8_e5m2, int8, int4, mxfp8_e4m3"},
      {"NPU_EMULATOR_THREADS", "none", "from 1 to 256"}};
  for (const auto &[variable, value, expected] : bad) {
    const std::map<std::string, std::string> variables{{variable, value}};
    test::Environment environment(variables);
    std::unique_ptr<Device> device;
    Status status = makeNpuDevice(device);
    EXPECT_EQ(status.code(), npuErrorInvalidValue);
    EXPECT_NE(status.message().find(expected), std::string::npos) << status.message();
    EXPECT_EQ(device, nullptr);
  }
}

TEST(Config, DeviceReportsTheResolvedConfiguration) {
  auto device = test::makeDevice({{"NPU_CONFIG", "mobile"}, {"NPU_MATMUL_FORMAT", "int8"}});
  auto json = nlohmann::json::parse(device->configuration());
  EXPECT_EQ(json["name"], "mobile");
  EXPECT_EQ(json["array"]["rows"], 32);
  EXPECT_EQ(json["matmul_format"], "int8");
  EXPECT_EQ(json["float32_matmul_precision"], "highest");
}

} // namespace

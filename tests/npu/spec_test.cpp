// docs/npu-spec.md names every field, instruction, product and op that the tables have.
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>

namespace {

TEST(Spec, PageListsEveryRowOfTheTables) {
  std::ifstream file(NPU_SPEC_PAGE);
  std::ostringstream text;
  text << file.rdbuf();
  const std::string page = text.str();
  auto has = [&](const std::string &wanted) {
    EXPECT_NE(page.find(wanted), std::string::npos) << wanted;
  };
#define NUMBER(path, member, lowest, highest, whole, summary)                                      \
  has("| `" path "` | " #lowest " ... " #highest);
#include "npu_config.def"
#define INSTRUCTION(name, opcode, queue, summary) has("### " #name " (opcode " #opcode ",");
#define FIELD(type, name, bits, kind, summary) has("| `" #name "` | " #bits " | " #kind " | ");
#define END(name)
#include "isa.def"
#define PRODUCT(name, spelling, passes, rate, multiply, add, operands, summary)                    \
  has("| `" spelling "` | " #passes " | ");
#include "products.def"
#define LOWERING(op, check, lower) has("\n## " #op "\n");
#include "ops.def"
}

} // namespace

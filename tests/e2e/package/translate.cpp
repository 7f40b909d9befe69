// Another program that translates: libcu2npu's header alone, no LLVM, and texts in memory.
#include <npu/translate.h>

#include <fstream>
#include <iostream>
#include <sstream>

int main(int count, char **arguments) {
  if (count != 2)
    return 1;
  npu::TranslateOptions options;
  options.inputs = {arguments[1]};
  options.outputFolder = "unused";
  options.dryRun = options.keepTexts = true;
  std::ostringstream log;
  npu::TranslateResult result = npu::translate(options, log);
  if (result.status != npu::TranslateStatus::Clean || result.files.size() != 1 ||
      result.files[0].text.find("npuMalloc") == std::string::npos) {
    std::cerr << "not translated: " << log.str();
    return 1;
  }
  std::ofstream("left.cu") << "int f() {\n  return cudaDestroyExternalMemory(0);\n}\n";
  options.inputs = {"left.cu"};
  result = npu::translate(options, log);
  if (result.status != npu::TranslateStatus::Partial || result.diagnostics.size() != 1 ||
      result.diagnostics[0].id != "npu-gap" || result.diagnostics[0].line != 2) {
    std::cerr << "not diagnosed: " << log.str();
    return 1;
  }
  std::ofstream("broken.cu") << "int f( {\n";
  options.inputs = {"broken.cu"};
  result = npu::translate(options, log);
  if (result.status != npu::TranslateStatus::Failed || result.error.empty())
    return 1;
  std::cout << "libcu2npu " << npu::translatorVersion() << "\n";
  return 0;
}

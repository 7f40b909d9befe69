// Command lines for Clang: the host side of each kind of source, the linker, and what the device
// side's compilation shares with them.
#pragma once

#include "driver/inputs.h"
#include "driver/layout.h"
#include "driver/settings.h"

#include <string>
#include <vector>

namespace npu::driver {

class HostCompiler {
public:
  HostCompiler(const Layout &layout, const Settings &settings)
      : layout(layout), settings(settings) {}

  // What both sides of a source get: language, macros, headers. `unit` names the compilation unit,
  // so that both sides give internal kernels and variables the same names; used with -rdc only.
  std::vector<std::string> sharedArguments(const Input &input, const std::string &unit) const;

  std::vector<std::string> compile(const Input &input, const std::string &unit,
                                   const std::string &image, const std::string &output,
                                   const std::string &dependencyFile,
                                   const std::string &dependencyTarget) const;
  // An empty output: standard output.
  std::vector<std::string> preprocess(const Input &input, const std::string &output) const;
  std::vector<std::string> dependencies(const Input &input, const std::string &output,
                                        const std::string &target) const;
  std::vector<std::string> link(const std::vector<std::string> &files,
                                const std::vector<std::string> &libraryFolders,
                                const std::vector<std::string> &libraries, bool withRuntime,
                                const std::string &output) const;

private:
  std::vector<std::string> frontEnd(const Input &input, const std::string &unit) const;

  const Layout &layout;
  const Settings &settings;
};

} // namespace npu::driver

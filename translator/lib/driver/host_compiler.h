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
  // The same by g++ or gcc, which nvcc uses for sources without device code: they take what Clang
  // 15 does not (captured structured bindings, nested functions of C). Empty when there is none, or
  // for a source with device code.
  std::vector<std::string> compileByGcc(const Input &input, const std::string &output,
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
  // Folders and macros of the command line.
  std::vector<std::string> userArguments() const;
  // Code generation, warnings, and the user's options for the host compiler.
  std::vector<std::string> codeOptions() const;
  // -c and what it writes.
  std::vector<std::string> toObject(const Input &input, const std::string &output,
                                    const std::string &dependencyFile,
                                    const std::string &dependencyTarget) const;

  const Layout &layout;
  const Settings &settings;
};

} // namespace npu::driver

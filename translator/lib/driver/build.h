// One run of npucc after its command line has been read: which steps, in which order.
#pragma once

#include "driver/host_compiler.h"
#include "driver/inputs.h"
#include "driver/layout.h"
#include "driver/process.h"
#include "driver/settings.h"

#include <string>
#include <vector>

namespace npu::driver {

class Build {
public:
  // `settings` has been through the toolkit filter.
  Build(const Layout &layout, const Settings &settings, std::vector<Input> inputs,
        bool withRuntime);

  // The exit status.
  int run();

private:
  using Steps = std::vector<Step>;

  llvm::Expected<std::vector<Steps>> sourceSteps();
  llvm::Expected<Steps> stepsOf(const Input &input);
  llvm::Error addCompile(const Input &input, const std::string &target, Steps &steps);
  // `rewritten`: DeviceCompileOptions::rewrittenSources.
  Step deviceStep(const Input &input, const std::string &unit, const std::string &imageFile,
                  const std::string &rewritten = "") const;
  llvm::Expected<Steps> printSteps(const Input &input);
  llvm::Expected<Steps> finalSteps();
  llvm::Error addDeviceLink(const std::string &target, bool always, Steps &steps);
  llvm::Error addLibrary(Steps &steps);
  llvm::Error addLink(Steps &steps);

  // A place for an intermediate file: temporary, or kept under `name`.
  llvm::Expected<std::string> intermediate(const std::string &stem, const std::string &extension);
  // Replaces a step's output by a temporary one that is renamed on success.
  llvm::Expected<std::string> outputFor(const std::string &target);
  std::function<llvm::Error()> place(const std::string &temporary, const std::string &target);
  std::string defaultOutput(const std::string &stem, const std::string &extension) const;
  std::string finalOutput() const;
  std::string unitName(const Input &input, const std::string &target) const;
  std::vector<std::string> linkedFiles() const;
  bool linksSomething() const;

  const Layout &layout;
  const Settings &settings;
  std::vector<Input> inputs;
  bool withRuntime;
  HostCompiler host;
  TemporaryFiles temporaries;
  std::vector<std::string> files; // the inputs of the last step: objects as given or compiled
  std::vector<std::string> stems; // of `files`: their names without temporary parts
};

} // namespace npu::driver

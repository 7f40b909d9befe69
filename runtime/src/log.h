// Messages to stderr and the environment options that control them. Any thread.
#pragma once

#include <string>

namespace npu::core {

// The environment's options, read once: one std::string member per row of options.def.
struct Options {
#define OPTION(identifier, environment, fallback, values, summary) std::string identifier;
#include "options.def"
};
const Options &options();

enum class LogLevel { Off, Warning, Debug, Trace };

bool logs(LogLevel level);
// Writes one whole line; concurrent lines do not mix.
void log(LogLevel level, const std::string &line);
// The same text is written once per process, at LogLevel::Warning.
void warnOnce(const std::string &line);

} // namespace npu::core

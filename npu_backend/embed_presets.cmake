# Writes OUTPUT, a C++ source with the JSON text of every file in PRESETS (a comma-separated list).
string(REPLACE "," ";" PRESETS "${PRESETS}")
set(table "")
foreach(preset ${PRESETS})
  get_filename_component(name ${preset} NAME_WE)
  file(READ ${preset} text)
  string(APPEND table "    {\"${name}\", R\"preset(${text})preset\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Made from presets/*.json; do not edit.
namespace npu::backend {
struct Preset {
  const char *name;
  const char *json;
};
extern const Preset kPresets[];
extern const unsigned kPresetCount;
const Preset kPresets[] = {
${table}};
const unsigned kPresetCount = sizeof(kPresets) / sizeof(kPresets[0]);
} // namespace npu::backend
")

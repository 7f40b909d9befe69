// What api_table.cpp makes of a row of an API table. Included before each table, since a table ends
// the macros that it has used: no include guard.
#undef GROUP
#undef API
#undef API_OF
#undef GAP
#define GROUP(title) common.group = title;
#define API(cuda, neutral, parameters, status)                                                     \
  rename(#cuda, #neutral, status, NPU_TEXT(parameters));
#define API_OF(type, cuda, neutral, parameters, status)                                            \
  rename(#cuda, #neutral, status, NPU_TEXT(parameters), NPU_TEXT(type));
#define GAP(cuda, reason) gap(#cuda, reason);

# npu_add_executable(<name> [options of add_executable] <source>...)
# npu_add_library(<name> [STATIC|SHARED|MODULE] [EXCLUDE_FROM_ALL] <source>...)
# A program or library of CUDA (.cu) or translated (.cpp) sources that npucc compiles, linked with
# cu2npu::npurt; headers among the sources are only listed. The target's include directories,
# definitions, compile options and standard, its own and those of what it links, reach npucc; so
# target_include_directories and the like work as usual.

# The objects of the sources, in <objects>; the words of add_executable and add_library and headers, in
# <others>.
function(npu_compile_sources name objects others)
  set(includes $<TARGET_PROPERTY:${name},INCLUDE_DIRECTORIES>)
  set(definitions $<TARGET_PROPERTY:${name},COMPILE_DEFINITIONS>)
  set(options $<TARGET_PROPERTY:${name},COMPILE_OPTIONS>)
  set(standard $<TARGET_PROPERTY:${name},CXX_STANDARD>)
  set(compiled)
  set(rest)
  foreach(source IN LISTS ARGN)
    get_filename_component(extension "${source}" LAST_EXT)
    if(NOT extension MATCHES "^\\.(cu|cpp|cc|cxx|c|C)$")
      list(APPEND rest ${source})
      continue()
    endif()
    get_filename_component(path ${source} ABSOLUTE)
    file(RELATIVE_PATH stem ${CMAKE_CURRENT_SOURCE_DIR} ${path})
    string(REPLACE "../" "__/" stem ${stem})
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.npu/${stem}.o)
    get_filename_component(folder ${object} DIRECTORY)
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${folder}
      COMMAND cu2npu::npucc -c ${path} -o ${object} -MD -MF ${object}.d
        "$<$<BOOL:${standard}>:-std=c++${standard}>"
        "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>"
        "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},;-D>>" "${options}"
      DEPENDS ${path} cu2npu::npucc DEPFILE ${object}.d
      COMMENT "npucc ${source}" COMMAND_EXPAND_LISTS VERBATIM)
    list(APPEND compiled ${object})
  endforeach()
  if(NOT compiled)
    message(FATAL_ERROR "${name}: give at least one source")
  endif()
  set(${objects} ${compiled} PARENT_SCOPE)
  set(${others} ${rest} PARENT_SCOPE)
endfunction()

function(npu_add_executable name)
  npu_compile_sources(${name} objects others ${ARGN})
  add_executable(${name} ${others} ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PRIVATE cu2npu::npurt)
endfunction()

function(npu_add_library name)
  if("OBJECT" IN_LIST ARGN OR "INTERFACE" IN_LIST ARGN)
    message(FATAL_ERROR "npu_add_library(${name}): only STATIC, SHARED and MODULE libraries")
  endif()
  npu_compile_sources(${name} objects others ${ARGN})
  if("SHARED" IN_LIST others OR "MODULE" IN_LIST others OR
      (BUILD_SHARED_LIBS AND NOT "STATIC" IN_LIST others))
    set(position -Xcompiler=-fPIC)
  endif()
  add_library(${name} ${others} ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_compile_options(${name} PRIVATE ${position})
  target_link_libraries(${name} PUBLIC cu2npu::npurt)
endfunction()

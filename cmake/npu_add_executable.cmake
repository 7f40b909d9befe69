# npu_add_executable(<name> <source>...): a program of CUDA (.cu) or translated (.cpp) sources that
# npucc compiles, linked with cu2npu::npurt. The target's include directories, definitions and compile
# options reach npucc; so target_include_directories and target_compile_definitions work as usual.
function(npu_add_executable name)
  if(NOT ARGN)
    message(FATAL_ERROR "npu_add_executable(${name}): give at least one source")
  endif()
  set(includes $<TARGET_PROPERTY:${name},INCLUDE_DIRECTORIES>)
  set(definitions $<TARGET_PROPERTY:${name},COMPILE_DEFINITIONS>)
  set(options $<TARGET_PROPERTY:${name},COMPILE_OPTIONS>)
  set(objects)
  foreach(source IN LISTS ARGN)
    get_filename_component(path ${source} ABSOLUTE)
    get_filename_component(stem ${source} NAME)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.npu/${stem}.o)
    if(object IN_LIST objects)
      message(FATAL_ERROR "npu_add_executable(${name}): two sources are named ${stem}")
    endif()
    add_custom_command(OUTPUT ${object}
      COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/${name}.npu
      COMMAND cu2npu::npucc -c ${path} -o ${object} -MD -MF ${object}.d
        "$<$<BOOL:${includes}>:-I$<JOIN:${includes},;-I>>"
        "$<$<BOOL:${definitions}>:-D$<JOIN:${definitions},;-D>>" "${options}"
      DEPENDS ${path} cu2npu::npucc DEPFILE ${object}.d
      COMMENT "npucc ${source}" COMMAND_EXPAND_LISTS VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  add_executable(${name} ${objects})
  set_target_properties(${name} PROPERTIES LINKER_LANGUAGE CXX)
  target_link_libraries(${name} PRIVATE cu2npu::npurt)
endfunction()

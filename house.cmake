# The house: rooms on floors, arrows point down. A room that leans up or sideways does not configure.
#
#   holdfast_room(health FLOOR 1 USES base SOURCES checks.cpp LINKS PkgConfig::systemd TESTS checks_test.cpp)
#
# makes the library `health` from this folder and one CTest test per file of TESTS, named `health.checks`.
# Headers are included by room: #include "health/checks.hpp".
function(holdfast_room name)
  cmake_parse_arguments(room "" "FLOOR" "USES;SOURCES;LINKS;TESTS" ${ARGN})
  add_library(${name} STATIC ${room_SOURCES})
  set_target_properties(${name} PROPERTIES FLOOR ${room_FLOOR})
  target_include_directories(${name} PUBLIC ${CMAKE_CURRENT_SOURCE_DIR}/..)
  foreach(below IN LISTS room_USES)
    get_target_property(floor ${below} FLOOR)
    if(NOT floor LESS room_FLOOR)
      message(FATAL_ERROR "${name} (floor ${room_FLOOR}) may not use ${below} (floor ${floor})")
    endif()
  endforeach()
  target_link_libraries(${name} PUBLIC ${room_USES} PRIVATE ${room_LINKS})
  foreach(file IN LISTS room_TESTS)
    holdfast_test(${name} ${file} unit LINKS ${name} ${room_LINKS})
  endforeach()
endfunction()

# What tests need is built by this target alone: an image does without.
add_custom_target(tests)

# Boost.Test's main program, and the headers that every test reads, read once. A test program is position independent
# as programs are, so what is read for it is, too. The code under test is compiled as it is shipped; its tests, of which
# each runs once, are not optimized.
set(test_options -fPIE -O0 -pthread -fpch-preprocess)
add_library(test_main STATIC EXCLUDE_FROM_ALL tests/main.cpp)
set_target_properties(test_main PROPERTIES POSITION_INDEPENDENT_CODE OFF)
target_compile_options(test_main PRIVATE ${test_options})
target_compile_definitions(test_main PUBLIC BOOST_TEST_DYN_LINK)
target_link_libraries(test_main PUBLIC Boost::unit_test_framework)
target_precompile_headers(test_main PRIVATE <algorithm> <chrono> <filesystem> <functional> <map> <optional> <string>
  <vector> <boost/test/unit_test.hpp>)

# One Boost.Test program from one file: checks_test.cpp of room `health` is the CTest test `health.checks`.
# LABEL is one or more of: unit real crash fuzz vm ci. NAME replaces the test's name; tests of one LOCK never run at
# the same time; ENVIRONMENT is a list of NAME=VALUE.
function(holdfast_test room file label)
  cmake_parse_arguments(test "" "TIMEOUT;NAME;LOCK" "LINKS;ENVIRONMENT" ${ARGN})
  get_filename_component(stem ${file} NAME_WE)
  string(REGEX REPLACE "_test$" "" stem ${stem})
  set(target test_${room}_${stem})
  add_executable(${target} EXCLUDE_FROM_ALL ${file})
  add_dependencies(tests ${target})
  target_link_libraries(${target} PRIVATE ${test_LINKS} test_main)
  target_compile_options(${target} PRIVATE ${test_options})
  target_precompile_headers(${target} REUSE_FROM test_main)
  if(NOT test_NAME)
    set(test_NAME ${room}.${stem})
  endif()
  add_test(NAME ${test_NAME} COMMAND ${target})
  # Against what hangs, and never a limit of time: other work may share the computer.
  if(NOT test_TIMEOUT)
    set(test_TIMEOUT 300)
  endif()
  set_tests_properties(${test_NAME} PROPERTIES LABELS "${label}" TIMEOUT ${test_TIMEOUT} RESOURCE_LOCK "${test_LOCK}"
                       ENVIRONMENT "${test_ENVIRONMENT}")
endfunction()

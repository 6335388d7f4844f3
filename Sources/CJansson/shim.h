// Jansson, with what Swift's importer cannot see (macros and variadic functions) as inline functions.
#pragma once
#include <jansson.h>

/* A condition that ends the command where it does not hold; the host adds the row. */
#pragma once

_Noreturn void assertion_failed(const char *what, const char *file, int line);

#define assert(condition) ((condition) ? (void)0 : assertion_failed(#condition, __FILE__, __LINE__))

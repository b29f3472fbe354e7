/** {@code lastword check}: leaves, returns, and tells whether an endpoint's answers survive. */
@NullMarked
package dev.lastword.checker;

import org.jspecify.annotations.NullMarked;

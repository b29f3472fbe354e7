/** A real browser: started, driven over its DevTools protocol, and removed again. */
@NullMarked
package dev.lastword.checker.browser;

import org.jspecify.annotations.NullMarked;

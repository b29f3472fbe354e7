/** One chat, and how each framework serves it. */
@NullMarked
package dev.lastword.examples.frameworks;

import org.jspecify.annotations.NullMarked;

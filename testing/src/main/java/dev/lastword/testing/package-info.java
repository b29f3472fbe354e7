/** testing. */
@NullMarked
package dev.lastword.testing;

import org.jspecify.annotations.NullMarked;

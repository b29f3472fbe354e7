/** A chat of Jersey's that saves before it closes. */
@NullMarked
package dev.lastword.examples.jersey;

import org.jspecify.annotations.NullMarked;

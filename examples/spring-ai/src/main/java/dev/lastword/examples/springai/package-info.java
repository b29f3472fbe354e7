/** A chat of Spring AI on WebFlux whose memory is the save. */
@NullMarked
package dev.lastword.examples.springai;

import org.jspecify.annotations.NullMarked;

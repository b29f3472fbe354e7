/**
 * The engine: streams, generations, the seal, save hooks and subscribers.
 *
 * <p>A stream lives on one {@link Home}: everything that changes it runs there, one thing at a
 * time. Readers on other threads follow a chain of immutable blocks and are woken on their own
 * executors.
 */
@NullMarked
package dev.lastword.stream;

import org.jspecify.annotations.NullMarked;

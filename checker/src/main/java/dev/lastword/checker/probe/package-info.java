/**
 * One connection of our own that records when every byte arrived, and can leave at an exact event.
 */
@NullMarked
package dev.lastword.checker.probe;

import org.jspecify.annotations.NullMarked;

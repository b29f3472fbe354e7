/** What is tried: one class for each code, and the verdict. */
@NullMarked
package dev.lastword.checker.scenario;

import org.jspecify.annotations.NullMarked;

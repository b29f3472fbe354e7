/**
 * What a {@code ChatClient} streams lives apart from its readers, and ends once the chat memory has
 * it.
 *
 * @see LastwordAdvisor
 */
@NullMarked
package dev.lastword.springai;

import org.jspecify.annotations.NullMarked;

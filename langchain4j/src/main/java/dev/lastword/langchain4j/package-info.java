/**
 * What a streaming chat model says lives apart from its handler, and ends once the handler has it.
 *
 * @see LastwordStreamingChatModel
 */
@NullMarked
package dev.lastword.langchain4j;

import org.jspecify.annotations.NullMarked;

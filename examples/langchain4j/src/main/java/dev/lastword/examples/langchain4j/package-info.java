/** A chat of LangChain4j's AI services on the JDK's HTTP server. */
@NullMarked
package dev.lastword.examples.langchain4j;

import org.jspecify.annotations.NullMarked;

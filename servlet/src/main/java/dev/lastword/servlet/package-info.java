/**
 * The event streams of servlets that are there already live apart from their connections.
 *
 * @see LastwordFilter
 */
@NullMarked
package dev.lastword.servlet;

import org.jspecify.annotations.NullMarked;

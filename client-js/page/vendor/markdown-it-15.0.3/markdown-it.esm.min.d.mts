export { default, type MarkdownIt, type StateBlock, type StateInline, type Token } from 'markdown-it';

import { describe, expect, it } from 'vitest';
import { renderMemory } from '../../src/sandbox/render-memory.ts';

const megabytes = (size: string) =>
  (renderMemory({ AWS_LAMBDA_FUNCTION_MEMORY_SIZE: size }).memoryBytes ?? 0) / 1024 / 1024;

describe('the memory of a render', () => {
  it('leaves room for Node and another render in the memory of the function', () => {
    expect(['512', '1024', '3008'].map(megabytes)).toEqual([128, 320, 1312]);
  });

  it('has the default limit outside of a function', () => {
    expect(renderMemory({})).toEqual({});
  });
});

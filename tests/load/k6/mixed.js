// What portals do in the course of a day: mostly checks, some lists and targets, now and then a write.
import * as lib from './lib.js';
import check from './check.js';
import batch from './batch.js';
import list from './list.js';
import target from './target.js';
import consume from './consume.js';

export const options = lib.options(100);

// In percent.
const SHARES = [[80, check], [2, batch], [5, list], [8, target], [5, consume]];

export default function () {
  let drawn = Math.random() * 100;
  const [, kind] = SHARES.find(([share]) => (drawn -= share) < 0) || SHARES[0];
  kind();
}

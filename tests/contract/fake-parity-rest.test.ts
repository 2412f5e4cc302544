// The fake server answers as the real one does, over REST.
import { testParity } from './parity/play.ts';

testParity('rest');

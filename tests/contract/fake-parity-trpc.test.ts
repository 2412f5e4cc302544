// The fake server answers as the real one does, over tRPC.
import { testParity } from './parity/play.ts';

testParity('trpc');

// `authcenter fakes`: the third parties as local servers, for trying each of them without an account there.
import { stringify } from 'yaml';
import { waitForSignal } from '../dev/stop-signal.ts';
import { startFakeDingtalk } from '../fakes/oauth/dingtalk.ts';
import { startFakeDiscord } from '../fakes/oauth/discord.ts';
import { startFakeFeishu } from '../fakes/oauth/feishu.ts';
import { startFakeGithub } from '../fakes/oauth/github.ts';
import { startFakeGoogle, startFakeOidc } from '../fakes/oauth/oidc.ts';
import { startFakeWechat } from '../fakes/oauth/wechat.ts';
import { startFakeWecom } from '../fakes/oauth/wecom.ts';
import { startFakeAliyunSms } from '../fakes/sms/aliyun.ts';
import type { ReceivedSms } from '../fakes/sms/fake.ts';
import { startFakeTencentSms } from '../fakes/sms/tencent.ts';
import { startFakeTwilio } from '../fakes/sms/twilio.ts';
import { startFakeSmsWebhook } from '../fakes/sms/webhook.ts';
import { type Command, refusePositionals } from './command.ts';

interface Fake {
  readonly config: object;
  close(): Promise<void>;
}
type Start = (options: { port: number; onMessage?: (message: ReceivedSms) => void }) => Promise<Fake>;

/** Ports of their own, the same at each start: what was configured once goes on working. */
const PROVIDERS: Readonly<Record<string, { port: number; start: Start }>> = {
  wechat: { port: 9201, start: startFakeWechat },
  dingtalk: { port: 9202, start: startFakeDingtalk },
  wecom: { port: 9203, start: startFakeWecom },
  feishu: { port: 9204, start: startFakeFeishu },
  google: { port: 9205, start: startFakeGoogle },
  github: { port: 9206, start: startFakeGithub },
  discord: { port: 9207, start: startFakeDiscord },
  oidc: { port: 9208, start: startFakeOidc },
};
const SENDERS: readonly { port: number; start: Start }[] = [
  { port: 9211, start: startFakeAliyunSms },
  { port: 9212, start: startFakeTencentSms },
  { port: 9213, start: startFakeTwilio },
  { port: 9214, start: startFakeSmsWebhook },
];

export const fakesCommand: Command = {
  name: 'fakes',
  usage: 'fakes',
  summary: 'Starts local fakes of every sign-in provider and SMS vendor, and prints the configuration that uses them',
  details: [
    '',
    '  The printed YAML goes to standard output alone, so that it can be kept:',
    '    npm run -s authcenter -- fakes > fakes.yaml &',
    '    AUTHCENTER_CONFIG=fakes.yaml npm start',
    '  What the SMS vendors receive they print as it arrives.',
  ],
  async run(call) {
    refusePositionals(call);
    const stop = waitForSignal();
    const started: Fake[] = [];
    try {
      const providers: Record<string, object> = {};
      for (const [id, { port, start }] of Object.entries(PROVIDERS)) {
        const fake = await start({ port });
        started.push(fake);
        providers[id] = fake.config;
      }
      const senders: object[] = [];
      for (const { port, start } of SENDERS) {
        const fake = await start({ port, onMessage: ({ to, text }) => console.error(`${to}  ${text}`) });
        started.push(fake);
        senders.push(fake.config);
      }
      console.log(stringify({ oauth: { providers }, sms: { senders, allowed_countries: [] } }).trimEnd());
      console.error('authcenter: the fakes are up; Ctrl-C stops them.');
      await stop.promise;
    } finally {
      for (const fake of started) await fake.close();
    }
    return 0;
  },
};

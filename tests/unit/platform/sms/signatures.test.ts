// Signatures, held against the examples that the vendors publish.
import { expect, test } from 'vitest';
import { signAliyunRequest } from '../../../../server/src/platform/sms/aliyun-signature.ts';
import { signTencentRequest } from '../../../../server/src/platform/sms/tencent-signature.ts';
import { signWebhook } from '../../../../server/src/platform/webhook-signature.ts';

// https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature
const aliyunExample = {
  accessKeyId: 'YourAccessKeyId',
  accessKeySecret: 'YourAccessKeySecret',
  host: 'ecs.cn-shanghai.aliyuncs.com',
  action: 'RunInstances',
  version: '2014-05-26',
  query: { RegionId: 'cn-shanghai', ImageId: 'win2019_1809_x64_dtc_zh-cn_40G_alibase_20230811.vhd' },
  at: new Date('2023-10-26T10:22:32.500Z'),
  nonce: '3156853299f313e23d1673dc12e1703d',
};

test('Alibaba Cloud: the fixed example of signature V3', () => {
  expect(signAliyunRequest(aliyunExample).headers).toMatchObject({
    authorization:
      'ACS3-HMAC-SHA256 Credential=YourAccessKeyId,SignedHeaders=host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version,Signature=06563a9e1b43f5dfe96b81484da74bceab24a1d853912eee15083a6f0f3283c0',
    'x-acs-date': '2023-10-26T10:22:32Z',
    'x-acs-content-sha256': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  });
});

test('Alibaba Cloud: a query is encoded as RFC 3986 has it, and sorted', () => {
  const { query } = signAliyunRequest({ ...aliyunExample, query: { b: "!'()* +/~-_.", a1: '1', A: '验证码', a: '' } });
  expect(query).toBe('A=%E9%AA%8C%E8%AF%81%E7%A0%81&a=&a1=1&b=%21%27%28%29%2A%20%2B%2F~-_.');
});

test('Tencent Cloud: the example of TC3-HMAC-SHA256 (https://cloud.tencent.com/document/api/382/52072)', () => {
  const signed = signTencentRequest({
    secretId: 'AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE',
    secretKey: 'Gu5t9xGARNpq86cd98joQYCN3EXAMPLE',
    service: 'cvm',
    host: 'cvm.tencentcloudapi.com',
    body: '{"Limit": 1, "Filters": [{"Values": ["\\u672a\\u547d\\u540d"], "Name": "instance-name"}]}',
    at: new Date(1_551_113_065_999),
  });
  expect(signed).toEqual({
    authorization:
      'TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, SignedHeaders=content-type;host, Signature=72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168',
    'content-type': 'application/json; charset=utf-8',
    'x-tc-timestamp': '1551113065',
  });
});

test('Standard Webhooks: the example of its reference libraries', () => {
  expect(
    signWebhook({
      secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      at: new Date(1_614_265_330_000),
      body: '{"test": 2432232314}',
    }),
  ).toEqual({
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  });
});

// Headsets in a web page: `jssip` and `sipjs` of one account each, and what became of them.
// Tests drive them from outside; every promise is settled by the library, never by a timer.

import JsSIP from "jssip";
import { Messager, Registerer, UserAgent } from "sip.js";

const REALM = "127.0.0.1";

class JsSipPhone {
  constructor(url, user, password, settings) {
    this.ua = new JsSIP.UA({
      sockets: [new JsSIP.WebSocketInterface(url)],
      uri: `sip:${user}@${REALM}`,
      password,
      register: false,
      user_agent: `JsSIP ${JsSIP.version}`,
      ...settings,
    });
    this.disconnections = 0;
    this.ua.on("disconnected", () => this.disconnections++);
  }

  // Resolves to "connected", or to how it failed.
  connect() {
    return new Promise((resolve) => {
      const refused = ({ error, code, reason }) => {
        this.ua.stop();
        resolve(`${error ? "error" : "closed"} ${code ?? ""} ${reason ?? ""}`.trim());
      };
      this.ua.once("disconnected", refused);
      this.ua.once("connected", () => {
        this.ua.off("disconnected", refused);
        resolve("connected");
      });
      this.ua.start();
    });
  }

  // Resolves to the status code of the final response.
  register() {
    return new Promise((resolve) => {
      if (this.ua.isRegistered()) resolve(200); // by itself, since it has connected
      this.ua.once("registered", ({ response }) => resolve(response.status_code));
      this.ua.once("registrationFailed", ({ response, cause }) =>
        resolve(response ? response.status_code : cause),
      );
      this.ua.register();
    });
  }

  unregister() {
    return new Promise((resolve) => {
      this.ua.once("unregistered", ({ response }) => resolve(response.status_code));
      this.ua.unregister();
    });
  }

  options(user) {
    return this._ask((target, how) => this.ua.sendOptions(target, "", how), user);
  }

  message(user, text) {
    return this._ask((target, how) => this.ua.sendMessage(target, text, how), user);
  }

  _ask(send, user) {
    return new Promise((resolve) => {
      const told = ({ response, cause }) =>
        resolve(
          response
            ? { code: response.status_code, allow: response.getHeader("Allow") ?? "" }
            : { code: 0, allow: cause },
        );
      send(`sip:${user}@${REALM}`, { eventHandlers: { succeeded: told, failed: told } });
    });
  }

  // Resolves to how the call ended.
  call(number) {
    return new Promise((resolve) => {
      const told = ({ message, cause }) => resolve({ code: message?.status_code ?? 0, cause });
      this.ua.call(`sip:${number}@${REALM}`, {
        mediaConstraints: { audio: true, video: false },
        eventHandlers: { failed: told, ended: told },
      });
    });
  }

  // Answers the next call; `this.called` resolves to how it ended.
  answerNext() {
    this.called = new Promise((resolve) => {
      this.ua.once("newRTCSession", ({ session }) => {
        session.on("failed", ({ cause }) => resolve(cause));
        session.on("ended", ({ cause }) => resolve(cause));
        session.answer({ mediaConstraints: { audio: true, video: false } });
      });
    });
  }

  stop() {
    this.ua.stop();
  }
}

class SipJsPhone {
  constructor(url, user, password) {
    this.ua = new UserAgent({
      uri: UserAgent.makeURI(`sip:${user}@${REALM}`),
      authorizationUsername: user,
      authorizationPassword: password,
      transportOptions: { server: url, keepAliveInterval: 1 },
      gracefulShutdown: false,
      logBuiltinEnabled: false,
    });
    this.disconnections = 0;
    this.ua.delegate = { onDisconnect: () => this.disconnections++ };
    this.registerer = new Registerer(this.ua, { regId: 1 });
  }

  connect() {
    return this.ua.start().then(
      () => "connected",
      (error) => `error ${error.message}`,
    );
  }

  register() {
    return new Promise((resolve) => {
      this.registerer.register({
        requestDelegate: {
          onAccept: ({ message }) => resolve(message.statusCode),
          onReject: ({ message }) => resolve(message.statusCode),
        },
      });
    });
  }

  unregister() {
    return new Promise((resolve) => {
      this.registerer.unregister({
        requestDelegate: {
          onAccept: ({ message }) => resolve(message.statusCode),
          onReject: ({ message }) => resolve(message.statusCode),
        },
      });
    });
  }

  message(user, text) {
    return new Promise((resolve) => {
      const told = ({ message }) =>
        resolve({ code: message.statusCode, allow: message.getHeader("Allow") ?? "" });
      new Messager(this.ua, UserAgent.makeURI(`sip:${user}@${REALM}`), text).message({
        requestDelegate: { onAccept: told, onReject: told },
      });
    });
  }

  stop() {
    return this.ua.stop();
  }
}

globalThis.phones = { jssip: JsSipPhone, sipjs: SipJsPhone };

// Headsets in a web page: `jssip` and `sipjs` of one account each, and what became of them.
// Tests drive them from outside; every promise is settled by the library, never by a timer.

import JsSIP from "jssip";
import { Inviter, Messager, Registerer, SessionState, UserAgent, Web } from "sip.js";
import { changedFingerprint, saying, sound } from "./sound.js";

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

  // Resolves to how the call ended; `this.talking` to what it is heard by.
  call(number) {
    const begun = (handlers) =>
      this.ua.call(`sip:${number}@${REALM}`, { mediaStream: saying(), eventHandlers: handlers });
    return (this.called = this._follow(begun));
  }

  // Answers the next call; `this.called` resolves to how it ended, `this.talking` to true.
  answerNext() {
    this.called = this._follow((handlers) =>
      this.ua.once("newRTCSession", ({ session }) => {
        Object.entries(handlers).forEach(([event, told]) => session.on(event, told));
        this._use(session);
        session.answer({ mediaStream: saying() });
      }),
    );
  }

  _follow(begin) {
    let talks;
    this.talking = new Promise((resolve) => (talks = resolve));
    return new Promise((resolve) => {
      const told = ({ message, cause }) => {
        talks(false);
        resolve({ code: message?.status_code ?? 0, cause });
      };
      const session = begin({ failed: told, ended: told, confirmed: () => talks(true) });
      if (session) this._use(session);
    });
  }

  _use(session) {
    this.session = session;
    session.on("sdp", (described) => changedFingerprint(this, described));
  }

  get connection() {
    return this.session.connection;
  }

  // Each resolves once the switch has answered.
  hold() {
    return new Promise((resolve) => this.session.hold({}, () => resolve(true)));
  }

  unhold() {
    return new Promise((resolve) => this.session.unhold({}, () => resolve(true)));
  }

  restartIce() {
    const rtcOfferConstraints = { iceRestart: true };
    return new Promise((resolve) =>
      this.session.renegotiate({ rtcOfferConstraints }, () => resolve(true)),
    );
  }

  // Resolves to the status of the last NOTIFY, or of the REFER's refusal.
  refer(user) {
    return new Promise((resolve) => {
      const told = ({ status_line, message }) =>
        resolve(status_line?.status_code ?? message?.status_code ?? 0);
      this.session.refer(`sip:${user}@${REALM}`, {
        eventHandlers: { accepted: told, failed: told, requestFailed: told },
      });
    });
  }

  press(keys) {
    this.session.sendDTMF(keys, { transportType: "RFC2833" });
  }

  hangUp() {
    this.session.terminate();
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
      // Without the STUN server that the library asks of itself: we are reached as we are.
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] } },
      sessionDescriptionHandlerFactory: Web.defaultSessionDescriptionHandlerFactory(async () =>
        saying(),
      ),
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

  call(number) {
    const inviter = new Inviter(this.ua, UserAgent.makeURI(`sip:${number}@${REALM}`));
    this.called = this._follow(inviter);
    inviter.invite({
      requestDelegate: {
        onReject: ({ message }) => (this.code = message.statusCode),
      },
    });
    return this.called;
  }

  answerNext() {
    this.called = new Promise((resolve) => {
      this.talking = new Promise((talks) => {
        this.ua.delegate.onInvite = (invitation) => {
          this._follow(invitation).then(resolve);
          this._established.then(talks);
          invitation.accept();
        };
      });
    });
  }

  _follow(session) {
    this.session = session;
    this.code = 0;
    let talks;
    this._established = new Promise((resolve) => (talks = resolve));
    if (session instanceof Inviter) this.talking = this._established;
    return new Promise((resolve) =>
      session.stateChange.addListener((state) => {
        if (state === SessionState.Established) talks(true);
        if (state === SessionState.Terminated) {
          talks(false);
          resolve({ code: this.code, cause: "Terminated" });
        }
      }),
    );
  }

  get connection() {
    return this.session.sessionDescriptionHandler.peerConnection;
  }

  hold() {
    return this._change({ sessionDescriptionHandlerOptions: { hold: true } });
  }

  unhold() {
    return this._change({ sessionDescriptionHandlerOptions: { hold: false } });
  }

  restartIce() {
    return this._change({
      sessionDescriptionHandlerOptions: { offerOptions: { iceRestart: true } },
    });
  }

  _change(options) {
    return new Promise((resolve) => {
      this.session.invite({
        ...options,
        requestDelegate: { onAccept: () => resolve(true), onReject: () => resolve(false) },
      });
    });
  }

  refer(user) {
    return new Promise((resolve) => {
      this.session.refer(UserAgent.makeURI(`sip:${user}@${REALM}`), {
        requestDelegate: {
          onReject: ({ message }) => resolve(message.statusCode),
        },
        onNotify: (notification) => {
          const code = Number(notification.request.body.split(" ")[1]);
          notification.accept();
          if (code >= 200) resolve(code);
        },
      });
    });
  }

  press(keys) {
    this.session.sessionDescriptionHandler.sendDtmf(keys);
  }

  hangUp() {
    this.session.bye();
  }

  stop() {
    return this.ua.stop();
  }
}

globalThis.phones = { jssip: JsSipPhone, sipjs: SipJsPhone };
globalThis.sound = sound;

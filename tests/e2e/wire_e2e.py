"""A new aggregator by a profile file alone: its callbacks, its send API, its receipts, through the real daemon."""
import hashlib
import hmac
import http.server
import json
import threading
import time
import unittest
import urllib.parse

from hotlined_test import Daemon, build_dir

PROFILE = """
about = "made for this test";
numbers = "international";
sms = {
    methods = [ "POST" ]; source = "json"; each = "messages";
    sender = [ "from" ]; recipient = [ "to" ]; text = [ "text" ]; message_id = [ "id" ];
    part_ref = [ "ref" ]; part_no = [ "no" ]; part_count = [ "of" ];
    auth = { by = "hmac"; secret = "made-key"; signature = [ "header:X-Sig" ]; over = "{header:X-Time}.{body}";
             timestamp = [ "header:X-Time" ]; tolerance = "1m"; once = true; };
    reply = { empty = { taken = true; }; };
};
dlr = {
    methods = [ "GET" ]; source = "query"; message_id = [ "id" ]; status = [ "s" ];
    statuses = ( { is = [ "sent" ]; means = "sent"; }, { is = [ "ok" ]; means = "delivered"; },
                 { is = [ "off" ]; means = "retry"; class = "absent"; },
                 { is = [ "bad" ]; means = "failed"; class = "invalid"; } );
    auth = { by = "query"; name = "token"; secret = "made-token"; };
    reply = { };
};
send = {
    url = "http://127.0.0.1:@PORT@/send";
    body = { to = "{to}"; from = "{from}"; text = "{text}"; ref = "{key}"; };
    auth = { by = "bearer"; secret = "made-api"; };
    answer = "json"; message_id = [ "id" ]; id_required = true;
    results = ( { if = [ "code=7" ]; means = "blocked"; } );
};
"""


class Api:
    """The aggregator's send API: takes messages and gives each an id of its own."""

    def __init__(self):
        self.sent, self.answers, self.lock = [], [], threading.Lock()
        self.before_answer = lambda message: None
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                message = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer.lock:
                    message["id"] = f"theirs-{len(outer.sent)}"
                    message["auth"] = self.headers.get("Authorization")
                    outer.sent.append(message)
                    status, body = outer.answers.pop(0) if outer.answers else (200, {"id": message["id"]})
                outer.before_answer(message)
                data = json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *args):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, request, client_address):
                pass  # a daemon that is killed in the middle of a post is part of the tests

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def wait(self, count, seconds=10):
        end = time.time() + seconds
        while time.time() < end and len(self.sent) < count:
            time.sleep(0.02)
        with self.lock:
            return list(self.sent)

    def close(self):
        self.server.shutdown()
        self.server.server_close()


class Wire(unittest.TestCase):
    def setUp(self):
        self.api = Api()
        self.addCleanup(self.api.close)
        self.d = Daemon(build_dir(), 'parts_wait = "2s";\nreceipts_keep = "1h";\n')
        self.addCleanup(self.d.close)
        path = self.d.dir / "conf" / "aggregators" / "made.conf"
        path.write_text(PROFILE.replace("@PORT@", str(self.api.port)))
        self.d.edit("hotlined.conf", 'profiles = [ "kannel",', 'profiles = [ "made", "kannel",')
        self.d.ctl("keygen")
        self.d.ctl("check")
        self.d.start()
        self.stamp = int(time.time())

    def post(self, messages, key=None, stamp=None, body=None, sig=None):
        stamp = str(stamp if stamp is not None else self.stamp)
        self.stamp -= 1  # every try is signed anew
        body = body or json.dumps({"messages": messages})
        key = (key or self.d.secret("made-key")).encode()
        sig = sig if sig is not None else hmac.new(key, f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Time": stamp, "X-Sig": sig}
        self.last = (body, headers)
        return self.d.request("POST", "/in/made/sms", body, headers)[:2]

    def receipt(self, message_id, status):
        q = urllib.parse.urlencode({"token": self.d.secret("made-token"), "id": message_id, "s": status})
        return self.d.get("/in/made/dlr?" + q)[0]

    def wait_rows(self, count, **want):
        end = time.time() + 10
        while time.time() < end and len(self.d.rows(**want)) < count:
            time.sleep(0.05)
        return self.d.rows(**want)

    def test_answers_go_out_by_its_send_api(self):
        """One request with two messages: both are worked, both are answered by SMS, the call gets the profile's word."""
        two = [
            {"from": "84000000501", "to": "8099", "id": "a1", "text": "xin chao"},
            {"from": "84000000502", "to": "8099", "id": "a2", "text": "CUU Chieng Son"},
        ]
        self.assertEqual(self.post(two), (200, '{"taken":true}'))
        sent = {m["to"]: m for m in self.api.wait(2)}
        self.assertEqual(set(sent), {"+84000000501", "+84000000502"})
        self.assertIn("113", sent["+84000000502"]["text"])
        self.assertEqual(sent["+84000000501"]["from"], "8099")
        self.assertEqual(sent["+84000000501"]["auth"], "Bearer " + self.d.secret("made-api"))
        self.assertEqual(len(self.d.receiver.wait(1)), 1)
        self.assertEqual(self.post(two), (200, '{"taken":true}'))  # a repeat, signed anew: nothing goes out again
        time.sleep(0.5)
        self.assertEqual(len(self.api.sent), 2)
        self.assertEqual(len(self.d.rows(kind="mo")), 2)
        self.d.ctl("journal", "verify")

    def test_who_does_not_sign_right_gets_in_nothing(self):
        message = [{"from": "84000000503", "to": "8099", "id": "b1", "text": "xin chao"}]
        now = int(time.time())
        self.assertEqual(self.post(message, key="another key")[0], 401)
        self.assertEqual(self.post(message, sig="")[0], 401)
        self.assertEqual(self.post(message, sig="00")[0], 401)
        self.assertEqual(self.post(message, stamp=now - 300)[0], 401)
        self.assertEqual(self.post(message, stamp=now + 300)[0], 401)
        self.assertEqual(self.post(message)[0], 200)
        body, headers = self.last
        again = self.d.request("POST", "/in/made/sms", body, headers)
        self.assertEqual(again[0], 401)
        self.assertIn("used before", again[1])
        changed = body.replace("b1", "b2")
        self.assertEqual(self.d.request("POST", "/in/made/sms", changed, headers)[0], 401)
        for bad in (again[1], self.d.logged()):
            self.assertNotIn("84000000503", bad)
        self.assertEqual(len(self.d.rows(kind="mo")), 1)
        refused = [x for x in self.d.get("/metrics")[1].splitlines() if 'refused_total{reason="auth"}' in x]
        self.assertEqual(float(refused[0].split()[1]), 7)

    def test_a_signature_that_got_no_answer_may_come_again(self):
        """The store is locked: 503. The very same request is taken once it is free."""
        import sqlite3

        db = sqlite3.connect(self.d.dir / "hotlined.db", isolation_level=None)
        db.execute("BEGIN IMMEDIATE")
        self.assertEqual(self.post([{"from": "84000000504", "to": "8099", "id": "c1", "text": "xin chao"}])[0], 503)
        db.execute("ROLLBACK")
        db.close()
        body, headers = self.last
        end = time.time() + 10
        status = 503
        while time.time() < end and status == 503:
            status = self.d.request("POST", "/in/made/sms", body, headers)[0]
            time.sleep(0.1)
        self.assertEqual(status, 200)
        self.assertEqual(self.d.request("POST", "/in/made/sms", body, headers)[0], 401)

    def test_receipts_by_either_id_move_it_forward_only(self):
        self.post([{"from": "84000000505", "to": "8099", "id": "d1", "text": "xin chao"}])
        message = self.api.wait(1)[0]
        self.wait_rows(1, kind="send", event="delivered")
        self.assertEqual(self.receipt(message["ref"], "sent"), 200)
        self.assertEqual(self.receipt(message["id"], "ok"), 200)
        self.assertEqual(self.receipt(message["id"], "sent"), 200)  # late: changes nothing
        self.assertEqual(self.receipt(message["id"], "what"), 400)
        self.assertEqual([r["event"] for r in self.d.rows(kind="dlr")], ["sent", "delivered", "sent"])
        self.assertEqual(len(self.api.sent), 1)
        self.assertEqual(self.d.metric("receipts_unknown_total"), 0)

    def test_a_receipt_that_is_faster_than_the_answer(self):
        """The aggregator reports by its own id before it has told us that id."""
        self.api.before_answer = lambda m: (self.receipt(m["id"], "ok"), time.sleep(0.3))
        self.post([{"from": "84000000506", "to": "8099", "id": "e1", "text": "xin chao"}])
        self.wait_rows(1, kind="dlr", event="delivered")
        self.assertEqual(len(self.d.rows(kind="dlr", event="delivered")), 1)

    def test_absent_is_tried_again_and_invalid_is_not(self):
        self.d.edit("hotlined.conf", 'send_backoff_cap = "1s"', 'send_backoff_cap = "200ms"')
        self.d.reload()
        self.post([{"from": "84000000507", "to": "8099", "id": "f1", "text": "xin chao"}])
        first = self.api.wait(1)[0]
        self.wait_rows(1, kind="send", event="delivered")
        self.receipt(first["id"], "off")
        second = self.api.wait(2)[1]
        self.assertEqual(second["text"], first["text"])
        self.assertNotEqual(second["ref"], first["ref"])  # a repeat by its key would be passed over
        self.wait_rows(2, kind="send", event="delivered")
        self.receipt(second["id"], "bad")
        time.sleep(1)
        self.assertEqual(len(self.api.sent), 2)
        failed = [x for x in self.d.get("/metrics")[1].splitlines() if 'mt_failed_total{class="invalid"}' in x]
        self.assertEqual(float(failed[0].split()[1]), 1)

    def test_parts_are_joined(self):
        def part(no, text, ref="r1", of=2):
            return [{"from": "84000000508", "to": "8099", "id": f"{ref}-{no}", "text": text, "ref": ref, "no": no, "of": of}]

        self.assertEqual(self.post(part(2, "Chieng Son"))[0], 200)
        self.assertEqual(len(self.d.rows(kind="mo")), 0)
        self.d.kill()  # what was acknowledged is there after the worst
        self.d.start()
        self.assertEqual(self.post(part(1, "CUU "))[0], 200)
        alerts = list(self.d.receiver.wait(1).values())
        self.assertEqual(alerts[0]["data"]["place"]["code"], "03985")
        self.assertEqual(len(self.d.rows(kind="mo")), 1)
        self.assertEqual(self.post(part(1, "cuu toi ", "r2", 3))[0], 200)  # its others never come
        self.wait_rows(2, kind="mo")
        self.assertIn("113", self.api.wait(2)[1]["text"])

    def test_long_answers_go_in_several_messages(self):
        """An aggregator that does not join parts gets one SMS a request, cut between words, each with its own key."""
        self.d.edit("aggregators/made.conf", "id_required = true;", "id_required = true; segments_max = 1;")
        self.d.reload()
        self.post([{"from": "84000000509", "to": "8099", "id": "g1", "text": "CUU Chieng Son"}])
        whole = self.wait_rows(1, kind="mt")
        self.assertEqual(len(whole), 1)
        sent = self.api.wait(2)
        self.assertEqual(len({m["ref"] for m in sent}), 2)
        self.assertTrue(all(len(m["text"]) <= 160 for m in sent))
        self.assertEqual(self.d.metric("mt_parts_total"), 2)
        self.assertEqual(self.d.metric("mt_segments_total"), 2)

    def test_what_is_not_in_use_is_not_there(self):
        self.assertEqual(self.d.request("POST", "/in/infobip/sms", "{}", {"Content-Type": "application/json"})[0], 404)
        self.d.edit("hotlined.conf", '"made", ', "")
        self.assertIn("event=reload", self.d.reload())
        self.assertEqual(self.post([])[0], 404)

    def test_an_aggregator_that_will_not_is_believed(self):
        self.api.answers.append((400, {"code": 7}))
        self.post([{"from": "84000000510", "to": "8099", "id": "h1", "text": "xin chao"}])
        rows = self.wait_rows(1, kind="send", event="failed")
        self.assertEqual(len(rows), 1)
        self.assertIn("class=blocked", self.d.logged())
        self.assertEqual(len(self.api.sent), 1)


class Proxies(unittest.TestCase):
    def test_only_a_trusted_proxy_tells_who_called(self):
        d = Daemon(build_dir())
        self.addCleanup(d.close)
        d.edit("aggregators/kannel.conf", 'auth = { by = "query"; name = "token"; secret = "kannel-token"; };\n    reply = {\n',
               'auth = { by = "query"; name = "token"; secret = "kannel-token"; networks = [ "192.0.2.0/24" ]; };\n    reply = {\n')  # fmt: skip
        d.start()
        path = d.sms_path("+84000000511", "xin chao", "p1")
        self.assertEqual(d.request("GET", path, headers={"X-Forwarded-For": "192.0.2.7"})[0], 401)
        with d.conf.open("a") as f:
            f.write('trusted_proxies = [ "127.0.0.1" ];\n')
        d.reload()
        self.assertEqual(d.request("GET", path, headers={"X-Forwarded-For": "192.0.2.7"})[0], 200)
        self.assertEqual(d.request("GET", path, headers={"X-Forwarded-For": "192.0.2.7, 198.51.100.1"})[0], 401)
        self.assertEqual(d.request("GET", path)[0], 401)


if __name__ == "__main__":
    unittest.main()

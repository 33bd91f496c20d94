"""The provider's own client for Python drives the simulator, and its own check verifies what the simulator signs."""

import json
import queue
import subprocess
import sys
import threading
from datetime import datetime, timezone
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qsl

from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

PHONE = "+14155550100"
CALLS = queue.Queue()


class Webhook(BaseHTTPRequestHandler):
    """Keeps what it is told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        url = f"http://{self.headers['host']}{self.path}"
        self.send_response(204)
        self.end_headers()
        CALLS.put((url, self.headers["x-twilio-signature"], dict(parse_qsl(body, keep_blank_values=True))))

    def log_message(self, *_):
        """Says nothing."""


server = HTTPServer(("127.0.0.1", 0), Webhook)
threading.Thread(target=server.serve_forever, daemon=True).start()
here = f"http://127.0.0.1:{server.server_port}"

simulator = subprocess.Popen([sys.argv[1]], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)


def answer():
    return json.loads(simulator.stdout.readline())


def tell(command):
    simulator.stdin.write(command + "\n")
    told = answer()
    assert "error" not in told, (command, told)
    return told


def refusal(call):
    try:
        call()
    except TwilioRestException as error:
        return error.status, error.code
    raise AssertionError("it was not refused")


try:
    answer()
    account = tell(f"webhook {here}/hook?a=1")
    client = Client(account["account_sid"], account["auth_token"])
    client.api.base_url = client.lookups.base_url = account["ready"]
    validator = RequestValidator(account["auth_token"])

    def verified():
        url, signature, parameters = CALLS.get(timeout=30)
        assert validator.validate(url, parameters, signature), url
        return url, parameters

    callback = f"{here}/status?ob=0193-a"
    made = client.messages.create(to=PHONE, from_=account["number"], body="Grüße 😀", status_callback=callback)
    assert made.status == "queued" and made.num_segments == "1", made.status
    assert made.date_created == datetime(2026, 1, 1, tzinfo=timezone.utc), made.date_created
    receipts = [verified(), verified()]
    assert [said["MessageStatus"] for _, said in receipts] == ["sent", "delivered"], receipts
    assert all(url == callback for url, _ in receipts)

    mms = client.messages.create(
        to=PHONE, messaging_service_sid=account["service"], media_url=["https://desk.example/1", "https://desk.example/2"]
    )
    assert mms.num_media == "2" and mms.status == "accepted"
    after = datetime(2025, 12, 31, tzinfo=timezone.utc)
    listed = client.messages.list(to=PHONE, date_sent_after=after, page_size=1)
    assert [message.sid for message in listed] == [mms.sid, made.sid], listed

    assert refusal(lambda: client.messages.create(to="4155550100", from_=account["number"], body="x")) == (400, 21211)
    assert refusal(lambda: client.messages.create(to=PHONE, from_="+15550009999", body="x")) == (400, 21606)
    wrong = Client(account["account_sid"], "wrong")
    wrong.api.base_url = account["ready"]
    assert refusal(wrong.messages(made.sid).fetch) == (401, 20003)

    tell("phone +14155550102 off")
    client.messages.create(to="+14155550102", from_=account["number"], body="x", status_callback=callback)
    said = [verified()[1], verified()[1]][1]
    assert (said["MessageStatus"], said["ErrorCode"]) == ("undelivered", "30003"), said

    sid = tell(f"text {PHONE} {account['number']} Hello there")["sid"]
    url, told = verified()
    assert (url, told["MessageSid"], told["Body"]) == (f"{here}/hook?a=1", sid, "Hello there"), told
    tell(f"text {PHONE} {account['number']} STOP")
    assert verified()[1]["OptOutType"] == "STOP"
    assert refusal(lambda: client.messages.create(to=PHONE, from_=account["number"], body="x")) == (400, 21610)

    found = client.lookups.v2.phone_numbers(PHONE).fetch(fields="line_type_intelligence")
    assert found.line_type_intelligence["type"] == "mobile", found.line_type_intelligence
finally:
    simulator.kill()

print("twilio for Python: all as it should be")

"""Signs a person in at a JupyterHub as a browser does, starts the notebook server, and runs a cell."""
import asyncio
import json
import sys
import urllib.parse
import uuid

from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

hub, token, user, password, cell = sys.argv[1:6]
http = AsyncHTTPClient()


async def sign_in():
    body = urllib.parse.urlencode({"username": user, "password": password})
    try:
        r = await http.fetch(HTTPRequest(hub + "/hub/login", method="POST", body=body, follow_redirects=False))
        status, headers = r.code, r.headers
    except HTTPClientError as e:
        status, headers = e.code, e.response.headers if e.response else {}
    return status == 302 and any("jupyterhub-hub-login" in c for c in headers.get_list("Set-Cookie"))


async def api(method, path, body=None):
    headers = {"Authorization": "token " + token}
    r = await http.fetch(
        HTTPRequest(hub + path, method=method, headers=headers, body=body if method != "GET" else None, request_timeout=60),
        raise_error=False,
    )
    return r.code, r.body


async def main():
    if not await sign_in():
        print("refused")
        return
    code, body = await api("POST", f"/hub/api/users/{user}/server", "{}")
    assert code in (201, 202, 400), (code, body)
    for _ in range(300):
        code, body = await api("GET", f"/user/{user}/api/status")
        if code == 200:
            break
        await asyncio.sleep(0.1)
    assert code == 200, (code, body)
    code, body = await api("POST", f"/user/{user}/api/kernels", json.dumps({"name": "python3"}))
    assert code == 201, (code, body)
    kernel = json.loads(body)["id"]
    url = hub.replace("http://", "ws://") + f"/user/{user}/api/kernels/{kernel}/channels?token={token}"
    ws = await websocket_connect(url)
    msg = uuid.uuid4().hex
    await ws.write_message(json.dumps({
        "header": {"msg_id": msg, "username": user, "session": uuid.uuid4().hex, "msg_type": "execute_request", "version": "5.3"},
        "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
        "content": {"code": cell, "silent": False, "store_history": False, "user_expressions": {}, "allow_stdin": False},
    }))
    while True:
        m = json.loads(await asyncio.wait_for(ws.read_message(), 60))
        if m["parent_header"].get("msg_id") != msg:
            continue
        if m["msg_type"] == "stream":
            print("cell:", m["content"]["text"].strip())
        if m["msg_type"] == "error":
            print("error:", m["content"])
        # What the cell prints comes before this, on the same channel; the reply may
        # overtake it on another.
        if m["msg_type"] == "status" and m["content"]["execution_state"] == "idle":
            break
    await api("DELETE", f"/hub/api/users/{user}/server")


asyncio.run(main())
